using System.Collections.Immutable;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>An input or output that callers see in another shape than the graph: the same elements in the same order.</summary>
/// <param name="Callers">The shape that callers see; -1 is a free dimension.</param>
/// <param name="Graph">The shape that the graph sees, with as many free dimensions, in the same order.</param>
internal sealed record TensorReshape(ImmutableArray<long> Callers, ImmutableArray<long> Graph)
{
    /// <summary>The graph's shape for one of a caller; null for a shape that callers do not have.</summary>
    public long[]? ToGraph(ReadOnlySpan<long> shape) => Map(shape, Callers, Graph);

    /// <summary>A caller's shape for one of the graph; null for a shape that the graph was not declared with.</summary>
    public long[]? ToCallers(ReadOnlySpan<long> shape) => Map(shape, Graph, Callers);

    private static long[]? Map(ReadOnlySpan<long> shape, ImmutableArray<long> from, ImmutableArray<long> to)
    {
        if (shape.Length != from.Length)
        {
            return null;
        }

        var free = new Queue<long>();
        for (var i = 0; i < from.Length; i++)
        {
            if (from[i] < 0)
            {
                free.Enqueue(shape[i]);
            }
            else if (from[i] != shape[i])
            {
                return null;
            }
        }

        return [.. to.Select(size => size < 0 ? free.Dequeue() : size)];
    }
}
