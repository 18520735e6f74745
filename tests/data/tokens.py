"""Networks whose layers give other things than maps: tokens, windows, channels last."""

import torch
from torch import nn

CLASSES, SIDE, PATCH, WIDE = 5, 16, 4, 12
GRID = SIDE // PATCH


class Block(nn.Module):
    """Attention and an MLP, each with a norm before it."""

    def __init__(self, wide, heads=2):
        super().__init__()
        self.first, self.second = nn.LayerNorm(wide), nn.LayerNorm(wide)
        self.attention = nn.MultiheadAttention(wide, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(wide, 2 * wide), nn.GELU(), nn.Linear(2 * wide, wide))

    def forward(self, x):
        y = self.first(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.second(x))


class Tokens(nn.Module):
    """A vision transformer with tokens before its patches, and after them."""

    def __init__(self, before=1, after=0, depth=3, columns_first=False):
        super().__init__()
        self.patches = nn.Conv2d(3, WIDE, PATCH, stride=PATCH)
        self.before, self.after = (nn.Parameter(torch.randn(1, n, WIDE)) for n in (before, after))
        self.places = nn.Parameter(torch.randn(1, before + GRID**2 + after, WIDE))
        self.enter = nn.Linear(WIDE, WIDE)
        self.blocks = nn.Sequential(*(Block(WIDE) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(WIDE), nn.Linear(WIDE, CLASSES)
        self.columns_first, self.reads_first = columns_first, before > 0

    def forward(self, x):
        x = self.patches(x)
        x = (x.transpose(2, 3) if self.columns_first else x).flatten(2).transpose(1, 2)
        before, after = (one.expand(len(x), -1, -1) for one in (self.before, self.after))
        x = self.enter(torch.cat([before, x, after], dim=1) + self.places)
        x = self.norm(self.blocks(x))
        return self.head(x[:, 0] if self.reads_first else x.mean(1))


class Last(nn.Module):
    """Channels last: patches by hand, an MLP, patches merged."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Linear(3 * PATCH**2, WIDE)
        self.norm = nn.LayerNorm(WIDE)
        self.mlp = nn.Sequential(nn.Linear(WIDE, 2 * WIDE), nn.ReLU(), nn.Linear(2 * WIDE, WIDE))
        self.join = nn.Linear(4 * WIDE, 2 * WIDE)
        self.head = nn.Linear(2 * WIDE, CLASSES)

    def forward(self, x):
        x = x.reshape(len(x), 3, GRID, PATCH, GRID, PATCH).permute(0, 2, 4, 1, 3, 5).flatten(3)
        x = self.patches(x)
        x = x + self.mlp(self.norm(x))
        parts = [x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
        x = self.join(torch.cat(parts, dim=-1)).relu()
        return self.head(x.mean((1, 2)))


class Windows(nn.Module):
    """Windows beside the images in the first axis, or in an axis of their own."""

    def __init__(self, apart):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, WIDE, 2, stride=2), nn.ReLU())
        self.inner, self.out = nn.Linear(WIDE, WIDE), nn.Linear(WIDE, WIDE)
        self.conv, self.head = nn.Conv2d(WIDE, WIDE, 1), nn.Linear(WIDE, CLASSES)
        self.apart = apart

    def forward(self, x):
        x = self.stem(x)
        n, c, h, w = x.shape
        y = x.reshape(n, c, h // 4, 4, w // 4, 4).permute(0, 2, 4, 3, 5, 1)
        y = y.reshape(-1, 16, c) if self.apart else y.reshape(n, -1, 16, c)
        y = self.out(self.inner(y).relu())
        y = y.reshape(n, h // 4, w // 4, 4, 4, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, h, w)
        return self.head(self.conv(x + y).relu().mean((2, 3)))


class Mixer(nn.Module):
    """One dense layer mixes the tokens, another their channels."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, WIDE, PATCH, stride=PATCH)
        self.mix = nn.Sequential(nn.Linear(GRID**2, 9), nn.ReLU(), nn.Linear(9, GRID**2))
        self.mlp = nn.Sequential(nn.Linear(WIDE, 2 * WIDE), nn.ReLU(), nn.Linear(2 * WIDE, WIDE))
        self.head = nn.Linear(WIDE, CLASSES)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = x + self.mix(x.transpose(1, 2)).transpose(1, 2)
        return self.head((x + self.mlp(x)).mean(1))


class Shortcut(nn.Module):
    """Ways of different calls to a coarser map: a padded convolution, an average, each second place."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, WIDE, 3, stride=2)
        self.point, self.pool = nn.Conv2d(3, WIDE, 1), nn.AvgPool2d(2)
        self.second, self.head = nn.Conv2d(WIDE, WIDE, 3, padding=1), nn.Linear(WIDE, CLASSES)

    def forward(self, x):
        padded = nn.functional.pad(x, (0, 1, 0, 1))
        pooled = self.point(self.pool(x))
        x = (
            self.conv(padded).relu()
            + pooled
            + nn.functional.pad(x, (0, 0, 0, 0, 4, 5))[:, :, ::2, ::2]
        )
        return self.head(self.second(x).relu().mean((2, 3)))


def local(network):
    """Make a network local: attention and mixing add nothing, convolutions see no neighbours."""
    for name, parameter in network.named_parameters():
        if name.endswith(("out_proj.weight", "attn.proj.weight", "merge.weight", "mix.2.weight")):
            nn.init.zeros_(parameter)
    for part in network.modules():
        if isinstance(part, nn.Conv2d) and part.kernel_size == (3, 3):
            kept = slice(0, 2) if part.stride == (2, 2) else slice(1, 2)
            mask = torch.zeros(3, 3)
            mask[kept, kept] = 1
            part.weight.data *= mask
    return network


def build(kind, *sizes, **settings):
    """Build a network, with weights that are always the same."""
    torch.manual_seed(0)
    return kind(*sizes, **settings).eval()
