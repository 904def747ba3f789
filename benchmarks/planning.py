"""A trained network with its scans, and the plans that are made for it: solved, or by rules of thumb."""

import argparse
from collections.abc import Mapping
from time import perf_counter

from benchmarks.subjects import accuracy, as_baseline, built, first_decision, loaded, train_dense
from prune_tui.core.planning.groups import groups_of
from prune_tui.core.planning.solving.problem import Problem
from prune_tui.core.report import ScanFigures
from prune_tui.core.returning import drained
from prune_tui.core.run.fold import apply
from prune_tui.core.run.view import View
from prune_tui.core.scanning.predictor import fitted_predictor
from prune_tui.core.session.decisions import Prune, Scan
from prune_tui.engine.data import DeviceData
from prune_tui.engine.decisions.scan import scan
from prune_tui.engine.device import pick_device, seed_everything
from prune_tui.engine.network.network import Network, weight_name
from prune_tui.engine.network.trace import find_units
from prune_tui.engine.plans.evaluator import PlanEvaluator
from prune_tui.engine.state import EngineState

Plan = Mapping[str, float]
"""A sparsity by group name; groups left out stay dense."""


def trained(args: argparse.Namespace, model: str, dataset: str, *, seed: int = 0) -> tuple[EngineState, str]:
    """Train a model of the catalog by its recipe; return it as a dense baseline, and say how it went."""
    chosen = argparse.Namespace(**{**vars(args), "model": model, "dataset": dataset})
    images = DeviceData(loaded(chosen), pick_device(args.device))
    network = built(chosen, images, seed=seed)
    how = train_dense(chosen, network, images, seed=seed)
    return as_baseline(network, images, accuracy=accuracy(network, images, images.validation)), how


def scanned(state: EngineState, decision: Scan, *, seed: int = 0) -> ScanFigures:
    """Scan as the engine does."""
    if decision.prunes_units:
        find_units(state.network)
    view, began = View(), perf_counter()
    context = first_decision(seed_everything(seed, 1), lambda: perf_counter() - began)
    for event in scan(state, decision, context):
        view = apply(view, event)
    assert view.report.scan is not None
    return view.report.scan


def problem_of(network: Network, scan: ScanFigures) -> Problem:
    """Return what a budget is solved over, with nothing locked."""
    return Problem(
        groups=groups_of(network.layers, scan.granularity),
        scan=scan,
        predictor=fitted_predictor(scan),
        locked={},
        other_parameters=_parameters(network) - sum(layer.parameters for layer in network.layers),
        other_macs=network.total_macs - sum(layer.macs for layer in network.layers),
        shape=network.shape if scan.granularity == "unit" else None,
    )


def sparsity_for(network: Network, ratio: float) -> float:
    """Return the sparsity of all prunable weights at which parameters / nonzero ones is a ratio."""
    prunable = sum(layer.parameters for layer in network.prunable)
    return _parameters(network) * (1 - 1 / ratio) / prunable


def by_threshold(evaluator: PlanEvaluator, criterion: str, sparsity: float) -> Plan:
    """Return how one threshold over all layers shares a sparsity of single weights out among them."""
    decision = Prune(plan=sparsity, criterion=criterion, scope="global")
    masks = drained(evaluator.masks_of(decision, index=1, clock=perf_counter))
    suffix = weight_name("")
    return {name.removesuffix(suffix): 1 - float(mask.double().mean()) for name, mask in masks.items()}


def _parameters(network: Network) -> int:
    return sum(parameter.numel() for parameter in network.module.parameters())
