"""The method's formulas written out: slow, with plain loops, in float64."""

import math
from itertools import pairwise, product

import numpy as np
from scipy import linalg


def sum_pool(heatmaps, size):
    """Give each of size x size bins the share of each pixel's area that lies in it."""
    n, height, width = heatmaps.shape
    pooled = np.zeros((n, size, size))
    rows, columns = edges(height, size), edges(width, size)
    for i, (top, bottom) in enumerate(pairwise(rows)):
        for j, (left, right) in enumerate(pairwise(columns)):
            inside = product(pixels(top, bottom), pixels(left, right))
            for row, column in inside:
                share = overlap(row, top, bottom) * overlap(column, left, right)
                pooled[:, i, j] += share * heatmaps[:, row, column].astype(np.float64)
    return pooled


def edges(length, bins):
    return [number * length / bins for number in range(bins + 1)]


def pixels(start, stop):
    """Pixels that reach into [start, stop]."""
    return range(math.floor(start), math.ceil(stop))


def overlap(pixel, start, stop):
    """Length of [pixel, pixel + 1] within [start, stop]."""
    return max(0.0, min(pixel + 1, stop) - max(pixel, start))


def as_distribution(heatmaps):
    """Positive part, of unit mass where there is any."""
    result = np.zeros(heatmaps.shape)
    for number, heatmap in enumerate(heatmaps):
        positive = [max(float(value), 0.0) for value in heatmap.ravel()]
        mass = math.fsum(positive)
        if mass > 0:
            result[number].flat = [value / mass for value in positive]
    return result


def unit_norm(heatmaps):
    """X / |x|, or 0."""
    result = np.zeros(heatmaps.shape)
    for number, heatmap in enumerate(heatmaps):
        values = [float(value) for value in heatmap.ravel()]
        norm = math.hypot(*values)
        if norm > 0:
            result[number].flat = [value / norm for value in values]
    return result


def euclidean(heatmaps):
    """sqrt(sum (x - y)^2)."""
    points = [heatmap.astype(np.float64).ravel() for heatmap in heatmaps]
    return np.array([[math.dist(x, y) for y in points] for x in points])


def hellinger(heatmaps):
    """sqrt(sum (sqrt p - sqrt q)^2 / 2) of the maps as distributions."""
    return euclidean(np.sqrt(as_distribution(heatmaps))) / math.sqrt(2)


def neighbours(distances, k):
    """Find the k others of least (distance, index), for each."""
    n = len(distances)
    return np.array(
        [
            [j for _, j in sorted((distances[i][j], j) for j in range(n) if j != i)[:k]]
            for i in range(n)
        ]
    )


def knn_affinity(distances, k):
    """Take (A + A^T) / 2, with A_ij = 1 where j is among i's k nearest."""
    n = len(distances)
    nearest = neighbours(distances, k)
    directed = [[float(j in nearest[i]) for j in range(n)] for i in range(n)]
    return np.array([[(directed[i][j] + directed[j][i]) / 2 for j in range(n)] for i in range(n)])


def symmetric_normalized(affinity):
    """I - D^-1/2 A D^-1/2; an isolated node has a row of zeros."""
    n = len(affinity)
    degree = [math.fsum(row) for row in affinity]
    laplacian = np.zeros((n, n))
    for i, j in product(range(n), repeat=2):
        if degree[i] > 0 and degree[j] > 0:
            laplacian[i, j] = (i == j) - affinity[i][j] / math.sqrt(degree[i] * degree[j])
    return laplacian


def components(affinity):
    """Count connected components by flooding from every node not yet reached."""
    unseen, count = set(range(len(affinity))), 0
    while unseen:
        count += 1
        front = [unseen.pop()]
        while front:
            node = front.pop()
            reached = {other for other in unseen if affinity[node][other] > 0}
            unseen -= reached
            front += reached
    return count


def spectral(laplacian, q):
    """Take the q smallest eigenvalues and their eigenvectors, by a dense solver."""
    values, vectors = np.linalg.eigh(laplacian)
    return values[:q], vectors[:, :q]


def inertia(embedding, labels):
    """Sum of squared distances of the points to their cluster's mean."""
    total = 0.0
    for label in set(labels):
        members = embedding[labels == label]
        total += float(np.sum((members - members.mean(axis=0)) ** 2))
    return total


def scatter(embedding, labels):
    """S_w and S_b of the paper's equations 7 and 8."""
    q = embedding.shape[1]
    within, between = np.zeros((q, q)), np.zeros((q, q))
    mu = sum(embedding) / len(embedding)
    for label in set(labels):
        members = embedding[labels == label]
        mu_k = sum(members) / len(members)
        for x in members:
            within += np.outer(x - mu_k, x - mu_k)
        between += np.outer(mu_k - mu, mu_k - mu)
    return within, between


def fisher(embedding, labels):
    """Largest eigenvalue l of S_b v = l S_w v, where S_w is regular."""
    within, between = scatter(embedding, labels)
    return float(linalg.eig(between, within, right=False).real.max())


def tau(embedding, labels_per_k):
    """Mean of the Fisher criterion."""
    values = [fisher(embedding, labels) for labels in labels_per_k]
    return sum(values) / len(values)


def squares_to(points, centres):
    """Squared distance of each point to the nearest centre."""
    return np.array([min(float(((x - c) ** 2).sum()) for c in centres) for x in points])


def cosine(maps):
    """1 - cos of the angle; a map of zeros is at 1 from others."""
    flat = [np.ravel(one).astype(np.float64) for one in maps]
    flat = [one / max(np.abs(one).max(), 1e-300) for one in flat]
    found = np.zeros((len(flat), len(flat)))
    for i, x in enumerate(flat):
        for j, y in enumerate(flat):
            norms = np.linalg.norm(x), np.linalg.norm(y)
            if min(norms) > 0:
                # The same as 1 - cos, with the digits of small angles.
                found[i, j] = np.sum((x / norms[0] - y / norms[1]) ** 2) / 2
            else:
                found[i, j] = float(max(norms) > 0)
    return found


def local_features(maps, others):
    """1 - max over p, q of cos(p, q) - (o(p) + o(q)) / 2, position by position."""
    maps, others = np.asarray(maps, dtype=np.float64), np.asarray(others, dtype=np.float64)
    centre = np.mean([vector for image in others for vector in image], axis=0)

    def cosine_of(x, y):
        norms = np.linalg.norm(x - centre) * np.linalg.norm(y - centre)
        return (x - centre) @ (y - centre) / norms if norms > 0 else 0.0

    usual = [
        [max(cosine_of(p, q) for image in others for q in image) for p in image] for image in maps
    ]
    found = np.zeros((len(maps), len(maps)))
    for i, one in enumerate(maps):
        for j, other in enumerate(maps):
            similar = max(
                cosine_of(p, q) - (usual[i][a] + usual[j][b]) / 2
                for a, p in enumerate(one)
                for b, q in enumerate(other)
            )
            found[i, j] = 0 if i == j else max(0, 1 - similar)
    return found


def widest_gap(places, least):
    """Gap below the first of the sorted places, and these; see `detection.groups.cut`."""
    n = len(places)
    order = sorted(range(n), key=lambda i: (-places[i], i))
    best = (-np.inf, None)
    for m in range(least, n // 2 + 1):
        window = max(2, n // 20)
        low = places[order[m - min(-(-m // 3), window) : m]].mean()
        high = places[order[m : m + min(max(m // 2, 2), window)]].mean()
        gap = (low - high) / places[order[m:]].std()
        if gap > best[0]:
            best = (gap, order[:m])
    return best
