"""Study C: weights against neurons, and what is really faster."""

from prune_tui.core.run.sweep_curves import by_sweep, swept_batch_sizes
from prune_tui.reports.markdown import sweep_table
from prune_tui.reports.terminal.distributions import distributions_parts
from scripts.studies import published
from scripts.studies.latencies import latency_table, speed_verdicts
from scripts.studies.sections import (
    Section,
    Sessions,
    Verdict,
    as_shown,
    dense_verdict,
    final_figures,
    paragraph,
)

NAME = "mlp-speed"

STORY = (
    "The study prunes an MLP (784-1000-1000-500-200-10, no biases, the output layer locked) without "
    "fine-tuning, by the smallest |w| or by the neurons of smallest L2 norm. It times four networks: masked "
    "weights, the same weights as sparse matrices, masked neurons, and the shrunk network without those "
    "neurons. It finds that sparse and shrunk networks get faster about linearly with sparsity, shrunk ones "
    "the most, and masked ones not at all. It also trains the shrunk architecture from scratch, and shows "
    "how weights and neurons are distributed."
)


def section(sessions: Sessions) -> Section:
    recorded = sessions.get(NAME)
    body: list[str] = []
    verdicts: list[Verdict] = []
    if recorded is not None:
        verdicts += dense_verdict(recorded, published.MLP_SPEED_DENSE_ACCURACY)
        for sweep in by_sweep(curve for curve in recorded.report.curves if curve.points):
            body += [*paragraph("Accuracy on the validation split, in %:"), *sweep_table(sweep), ""]
            for size in swept_batch_sizes(sweep):
                body += latency_table(sweep, size)
                verdicts += speed_verdicts(sweep, size)
        body += final_figures(recorded.report)
        body += as_shown(distributions_parts(recorded.report))
    return Section("C. Weights against neurons, and real speed", STORY, (NAME,), body, verdicts)
