using System.Collections.Immutable;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>An input or output with different shapes for callers and the graph: same elements, same order.</summary>
/// <param name="Callers">The callers' shape; -1 is a free dimension.</param>
/// <param name="Graph">The graph's shape, with the same number of free dimensions in the same order.</param>
internal sealed record TensorReshape(ImmutableArray<long> Callers, ImmutableArray<long> Graph)
{
    /// <summary>Converts a caller's shape to the graph's; null if it does not match.</summary>
    public long[]? ToGraph(ReadOnlySpan<long> shape) => Map(shape, Callers, Graph);

    /// <summary>Converts a graph's shape to the callers'; null if it does not match.</summary>
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
