"""Sequences of tokens of many lengths, and a small transformer that classifies them.

`prune-tui --model examples/tokens.py:network --dataset examples/tokens.py:data` opens the two.
The sequences are made up; nothing in here knows of prune-tui.
"""

import torch
from torch import nn
from torch.utils.data import Dataset

NUM_TOKENS, MAX_LENGTH, NUM_CLASSES, NUM_SEQUENCES = 40, 16, 4, 2_000


class Sequences(Dataset[dict[str, torch.Tensor]]):
    """Random tokens; the class is which of the tokens 1 to 4 stands somewhere among them."""

    def __len__(self) -> int:
        return NUM_SEQUENCES

    def __getitem__(self, number: int) -> dict[str, torch.Tensor]:
        random_state = torch.Generator().manual_seed(number)
        length = int(torch.randint(6, MAX_LENGTH + 1, (), generator=random_state))
        tokens = torch.randint(NUM_CLASSES + 1, NUM_TOKENS, (length,), generator=random_state)
        place = int(torch.randint(0, length, (), generator=random_state))
        tokens[place] = 1 + number % NUM_CLASSES
        return {"tokens": tokens, "label": torch.tensor(number % NUM_CLASSES)}


def padded(items: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Put sequences into a batch: the network is called with all but the labels, by name."""
    tokens = torch.zeros(len(items), MAX_LENGTH, dtype=torch.int64)
    for row, item in zip(tokens, items, strict=True):
        row[: len(item["tokens"])] = item["tokens"]
    labels = torch.stack([item["label"] for item in items])
    return {"input_ids": tokens, "attention_mask": tokens != 0, "labels": labels}


def data() -> dict[str, object]:
    """A data set, and the function that puts its items into batches."""
    return {"train": Sequences(), "collate": padded, "num_classes": NUM_CLASSES}


class Classifier(nn.Module):
    """One encoder layer over the tokens and their places; the mean of its outputs is classified."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.tokens = nn.Embedding(NUM_TOKENS, width)
        self.places = nn.Embedding(MAX_LENGTH, width)
        layer = nn.TransformerEncoderLayer(width, 4, 4 * width, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(width, NUM_CLASSES)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> dict[str, torch.Tensor]:
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        hidden = self.tokens(input_ids) + self.places(places)
        hidden = self.encoder(hidden, src_key_padding_mask=~attention_mask)
        counts = attention_mask.unsqueeze(2).to(hidden.dtype)
        return {"logits": self.head((hidden * counts).sum(dim=1) / counts.sum(dim=1)), "hidden": hidden}


def network() -> nn.Module:
    """The classifier with fresh weights."""
    return Classifier()
