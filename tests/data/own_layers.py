"""Networks as people write them: what their forward computes besides layers, in many spellings."""

import torch
from torch import nn
from torch.nn import functional

CLASSES, SIDE = 5, 32


class Made(nn.Module):
    """A module of layers and of a function that calls them."""

    def __init__(self, call, **layers):
        super().__init__()
        self.call = call
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x):
        return self.call(self, x)


def conv(inputs, outputs, size=3, **settings):
    return nn.Conv2d(inputs, outputs, size, padding=size // 2, **settings)


def around(block, inputs=8, outputs=8):
    """A network with a block between a stem and a head."""
    stem = nn.Sequential(conv(3, inputs, stride=2), nn.BatchNorm2d(inputs), nn.ReLU())
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(outputs, CLASSES))
    return nn.Sequential(stem, block, head)


def of_tokens(block, wide=8):
    """A network with a block that sees (n, tokens, wide)."""

    def call(net, x):
        tokens = net.stem(x).flatten(2).transpose(1, 2)
        return net.head(net.block(tokens).mean(1))

    stem = nn.Conv2d(3, wide, 8, stride=8)
    return Made(call, stem=stem, block=block, head=nn.Linear(wide, CLASSES))


def functional_calls(net, x):
    x = functional.relu(net.first(x))
    x = functional.max_pool2d(x, 2)
    x = torch.relu_(net.second(x))
    x = functional.avg_pool2d(x, 2, stride=2)
    return net.head(functional.dropout(x.mean((2, 3)), training=net.training))


def methods(net, x):
    x = net.first(x).relu_()
    x = net.second(x).clamp(min=0)
    x = x.mean(dim=[-2, -1], keepdim=True)
    return net.head(x.view(x.size(0), -1))


def adaptive(net, x):
    x = functional.leaky_relu(net.first(x), 0.1, inplace=True)
    x = functional.elu(net.second(x))
    return net.head(torch.flatten(functional.adaptive_avg_pool2d(x, (1, 1)), 1))


def length(net, x):
    x = torch.relu(net.second(net.first(x).relu()))
    n, wide = len(x), x.shape[1]
    return net.head(x.reshape(n, wide, -1).mean(-1).view(len(x), -1))


def by_addmm(net, x):
    x = net.second(net.first(x).relu()).relu().mean((2, 3))
    return torch.addmm(net.head.bias, x, net.head.weight.t())


def two_layers(call):
    return Made(call, first=conv(3, 6), second=conv(6, 8), head=nn.Linear(8, CLASSES))


def standardised(net, x):
    """Weight standardisation."""
    weight = net.conv.weight
    centred = weight - weight.mean(dim=(1, 2, 3), keepdim=True)
    scaled = centred / (weight.std(dim=(1, 2, 3), keepdim=True) + 1e-5)
    return functional.conv2d(x, scaled, net.conv.bias, padding=1)


def layer_norm(net, x):
    centred = x - x.mean(-1, keepdim=True)
    spread = torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-5)
    return net.dense(centred / spread)


def excited(net, x):
    gate = functional.adaptive_avg_pool2d(x, 1).flatten(1)
    gate = torch.sigmoid(net.up(functional.relu(net.down(gate))))
    return x * gate[:, :, None, None]


def excited_hard(net, x):
    gate = functional.hardsigmoid(net.up(functional.relu(net.down(x.mean((2, 3), keepdim=True)))))
    return gate * x


def heads(net, x, n=2):
    """Queries, keys and values of n heads."""
    shape = (x.shape[0], x.shape[1], n, -1)
    return (net.get_submodule(name)(x).reshape(shape).transpose(1, 2) for name in "qkv")


def joined(net, x, found):
    return net.out(found.transpose(1, 2).reshape(x.shape[0], x.shape[1], -1))


def by_matmul(net, x):
    q, k, v = heads(net, x)
    scores = (q @ k.transpose(-2, -1)) * 0.5
    return x + joined(net, x, scores.softmax(dim=-1) @ v)


def by_einsum(net, x):
    q, k, v = heads(net, x)
    scores = torch.softmax(torch.einsum("bhqd,bhkd->bhqk", q, k) / 2, dim=-1)
    return x + joined(net, x, torch.einsum("bhqk,bhkd->bhqd", scores, v))


def by_sdpa(net, x):
    q, k, v = heads(net, x)
    return x + joined(net, x, functional.scaled_dot_product_attention(q, k, v))


def by_fused(net, x):
    q, k, v = net.qkv(x).reshape(x.shape[0], x.shape[1], 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
    return x + joined(net, x, functional.scaled_dot_product_attention(q, k, v))


def by_module(net, x):
    found, _ = net.attention(x, x, x)
    return x + found


def by_module_without_weights(net, x):
    y = net.norm(x)
    return x + net.attention(y, y, y, need_weights=False)[0]


def attention(call):
    layers = {name: nn.Linear(8, 8) for name in ("q", "k", "v", "out")}
    return Made(call, **layers)


def encoder_layer(**settings):
    return nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **settings)


def dense_block(net, x):
    y = torch.cat([x, net.first(functional.relu(net.norm(x)))], dim=1)
    return torch.cat((y, net.second(y)), 1)


def shuffled(net, x):
    kept, changed = x.chunk(2, dim=1)
    x = torch.cat((kept, net.conv(changed)), dim=1)
    n, c, h, w = x.size()
    return x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


def in_place_sum(net, x):
    y = net.conv(x)
    y += x
    return functional.relu_(y)


def drop_path(net, x):
    if net.training:
        x = x * 0
    return x + net.scale * net.conv(x)


class Scale(nn.Module):
    """A factor for each channel, as layer scale has it."""

    def __init__(self, wide):
        super().__init__()
        self.gamma = nn.Parameter(torch.linspace(0.2, 1, wide).view(-1, 1, 1))

    def forward(self, x):
        return x * self.gamma


class Positions(nn.Module):
    """A class token and positions."""

    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.place = nn.Parameter(torch.randn(1, 17, 8))
        self.attention = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x):
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.place
        y = x + self.attention.self_attn(x, x, x)[0]
        return y + self.attention.linear2(functional.gelu(self.attention.linear1(y)))


def reused(net, x):
    for _ in range(3):
        x = net.act(net.conv(x))
    return x


BLOCKS = {
    "residual": lambda: Made(lambda net, x: functional.relu(x + net.conv(x)), conv=conv(8, 8)),
    "residual, torch.add": lambda: Made(
        lambda net, x: torch.add(net.conv(x), x, alpha=2), conv=conv(8, 8)
    ),
    "residual, method in place": lambda: Made(
        lambda net, x: net.act(net.norm(net.conv(x)).add_(x)),
        **{"conv": conv(8, 8), "norm": nn.BatchNorm2d(8), "act": nn.ReLU(inplace=True)},
    ),
    "residual, +=": lambda: Made(in_place_sum, conv=conv(8, 8)),
    "difference": lambda: Made(lambda net, x: x - net.conv(x), conv=conv(8, 8)),
    "sum of three": lambda: Made(
        lambda net, x: sum([x, net.a(x), net.b(x)]), a=conv(8, 8), b=conv(8, 8, 1)
    ),
    "stacked sum": lambda: Made(
        lambda net, x: torch.stack([x, net.conv(x)], dim=0).sum(0), conv=conv(8, 8)
    ),
    "mean of two": lambda: Made(lambda net, x: (x + net.conv(x)) / 2, conv=conv(8, 8)),
    "scaled residual": lambda: Made(
        lambda net, x: x + net.scale(net.conv(x)), conv=conv(8, 8), scale=Scale(8)
    ),
    "dense": lambda: nn.Sequential(
        Made(dense_block, norm=nn.BatchNorm2d(8), first=conv(8, 4), second=conv(12, 4)),
        conv(16, 8, 1),
    ),
    "shuffled": lambda: Made(shuffled, conv=conv(4, 4)),
    "weight standardisation": lambda: Made(standardised, conv=conv(8, 8)),
    "group norm": lambda: nn.Sequential(conv(8, 8), nn.GroupNorm(2, 8), nn.ReLU()),
    "swish by hand": lambda: Made(
        lambda net, x: (y := net.conv(x)) * torch.sigmoid(y), conv=conv(8, 8)
    ),
    "hard swish by hand": lambda: Made(
        lambda net, x: (y := net.conv(x)) * functional.relu6(y + 3) / 6, conv=conv(8, 8)
    ),
    "swish module": lambda: nn.Sequential(conv(8, 8), nn.SiLU(inplace=True), conv(8, 8), nn.Mish()),
    "squeeze and excitation": lambda: Made(excited, down=nn.Linear(8, 4), up=nn.Linear(4, 8)),
    "squeeze, hard, gate first": lambda: Made(excited_hard, down=conv(8, 4, 1), up=conv(4, 8, 1)),
    "reused": lambda: Made(reused, conv=conv(8, 8), act=nn.ReLU()),
    "resized": lambda: Made(
        lambda net, x: functional.interpolate(net.conv(x), scale_factor=2, mode="bilinear"),
        conv=conv(8, 8),
    ),
    "upsampled": lambda: nn.Sequential(
        conv(8, 8), nn.Upsample(scale_factor=2), nn.ConvTranspose2d(8, 8, 2, stride=2), nn.ReLU()
    ),
    "gated by a comparison": lambda: Made(
        lambda net, x: (y := net.conv(x)) * (y > 0).float() + x * x.ge(0), conv=conv(8, 8)
    ),
    "largest of it and zeros": lambda: Made(
        lambda net, x: torch.max(y := net.conv(x), torch.zeros_like(y)), conv=conv(8, 8)
    ),
    "detached": lambda: Made(lambda net, x: net.conv(x.detach()).relu(), conv=conv(8, 8)),
    "without gradient": lambda: Made(torch.no_grad()(lambda net, x: net.conv(x)), conv=conv(8, 8)),
    "on several devices": lambda: nn.DataParallel(nn.Sequential(conv(8, 8), nn.ReLU())),
    "maxout": lambda: Made(
        lambda net, x: torch.maximum(net.a(x), net.b(x)), a=conv(8, 8), b=conv(8, 8)
    ),
    "parts": lambda: Made(
        lambda net, x: torch.cat([net.a(x.split(4, 1)[0]), net.b(x[:, 4:])], 1),
        **{"a": conv(4, 4), "b": conv(4, 4)},
    ),
}
"""Blocks from 8 to 8 channels."""

TOKENS = {
    "layer norm by hand": lambda: Made(layer_norm, dense=nn.Linear(8, 8)),
    "layer norm, GELU": lambda: nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 8), nn.GELU()),
    "attention, matmul": lambda: attention(by_matmul),
    "attention, einsum": lambda: attention(by_einsum),
    "attention, sdpa": lambda: attention(by_sdpa),
    "attention, fused": lambda: Made(by_fused, qkv=nn.Linear(8, 24), out=nn.Linear(8, 8)),
    "attention, module": lambda: Made(
        by_module, attention=nn.MultiheadAttention(8, 2, batch_first=True)
    ),
    "attention, module without weights": lambda: Made(
        by_module_without_weights,
        norm=nn.LayerNorm(8),
        attention=nn.MultiheadAttention(8, 2, batch_first=True, dropout=0.1),
    ),
    "class token": Positions,
    "encoder layer": lambda: encoder_layer(norm_first=True, activation="gelu"),
    "encoder layer, norm last": encoder_layer,
    "encoder": lambda: nn.TransformerEncoder(encoder_layer(), 2, norm=nn.LayerNorm(8)),
    "encoder, norm first": lambda: nn.TransformerEncoder(
        encoder_layer(norm_first=True), 2, enable_nested_tensor=False
    ),
}
"""Blocks from (n, 16, 8) to (n, tokens, 8)."""

WHOLE = {
    "functional calls": lambda: two_layers(functional_calls),
    "methods": lambda: two_layers(methods),
    "adaptive": lambda: two_layers(adaptive),
    "length": lambda: two_layers(length),
    "spread over devices": lambda: nn.Sequential(nn.DataParallel(two_layers(methods))),
    "addmm": lambda: two_layers(by_addmm),
}
"""Whole networks."""


def build(name, seed=0):
    """Build a network by the name of its kind."""
    torch.manual_seed(seed)
    if name in WHOLE:
        return WHOLE[name]().eval()
    return (around(BLOCKS[name]()) if name in BLOCKS else of_tokens(TOKENS[name]())).eval()


KINDS = (*WHOLE, *BLOCKS, *TOKENS)
"""Names that `build` knows."""
