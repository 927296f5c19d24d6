using Krewe.Abstractions.Buffers;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Batching;

/// <summary>The inputs of several requests, concatenated along the first dimension. Packed strings concatenate like numbers.</summary>
internal sealed class BatchInputs : IDisposable
{
    private readonly PooledBuffer[] buffers;

    public BatchInputs(IReadOnlyList<PendingInference> batch, int rows)
    {
        var inputs = batch[0].Inputs.Length;
        buffers = new PooledBuffer[inputs];
        Tensors = new TensorData[inputs];
        for (var i = 0; i < inputs; i++)
        {
            buffers[i] = Join(batch, i);
            Tensors[i] = batch[0].Inputs[i] with { Shape = RowSlices.WithRows(batch[0].Inputs[i].Shape, rows), Data = buffers[i].Memory };
        }
    }

    public TensorData[] Tensors { get; }

    public void Dispose()
    {
        foreach (var buffer in buffers)
        {
            buffer.Dispose();
        }
    }

    private static PooledBuffer Join(IReadOnlyList<PendingInference> batch, int input)
    {
        var size = 0;
        foreach (var pending in batch)
        {
            size = checked(size + pending.Inputs[input].Data.Length);
        }

        var joined = PooledBuffer.Rent(size);
        var rest = joined.Span;
        foreach (var pending in batch)
        {
            var data = pending.Inputs[input].Data.Span;
            data.CopyTo(rest);
            rest = rest[data.Length..];
        }

        return joined;
    }
}
