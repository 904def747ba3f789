"""Stages: layers whose names begin alike, none larger than needed."""

from prune_tui.core.layer_stages import stages_of


def test_a_resnets_stages() -> None:
    names = ["conv1", *(f"layer{stage}.{block}.conv1" for stage in (1, 2, 3) for block in range(9)), "fc"]
    stages = stages_of(names)
    assert set(stages.values()) == {"layer1", "layer2", "layer3"}
    assert stages["layer2.3.conv1"] == "layer2"
    assert "conv1" not in stages
    assert "fc" not in stages


def test_what_all_names_share_is_no_stage() -> None:
    names = [f"net.body.{block}.{part}" for block in range(4) for part in ("qkv", "out", "mlp")]
    assert set(stages_of(names).values()) == {f"net.body.{block}" for block in range(4)}


def test_layers_in_one_list_are_one_stage() -> None:
    names = [*(f"features.{at}" for at in range(8)), "classifier.0", "classifier.3"]
    assert set(stages_of(names).values()) == {"features", "classifier"}


def test_without_names_that_begin_alike_there_are_no_stages() -> None:
    assert stages_of(["conv1", "conv2", "fc", "a.b"]) == {}
    assert stages_of([]) == {}
