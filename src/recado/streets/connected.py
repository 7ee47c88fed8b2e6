from collections.abc import Iterable, Sequence


def largest_part(arcs: Sequence[Sequence[int]]) -> frozenset[int]:
    """Return the largest set of nodes each of which leads to each other; of equals the one with the lowest node.

    `arcs` says for each node where one can go from it. Kosaraju: the order in which nodes are left on the way there,
    then what can be reached against the arcs in the reverse of it.
    """
    back: list[list[int]] = [[] for _ in arcs]
    for node, leads_to in enumerate(arcs):
        for to in leads_to:
            back[to].append(node)
    seen: set[int] = set()
    order = reversed(_left_last(range(len(arcs)), arcs, set()))
    parts = [frozenset(_left_last([node], back, seen)) for node in order if node not in seen]
    return max(parts, key=lambda part: (len(part), -min(part)), default=frozenset())


def _left_last(starts: Iterable[int], arcs: Sequence[Sequence[int]], seen: set[int]) -> list[int]:
    """Return the nodes reached from the starts, in the order a depth-first walk leaves them."""
    left = []
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        walk = [(start, iter(arcs[start]))]
        while walk:
            node, rest = walk[-1]
            for to in rest:
                if to not in seen:
                    seen.add(to)
                    walk.append((to, iter(arcs[to])))
                    break
            else:
                walk.pop()
                left.append(node)
    return left
