using System.Collections.Immutable;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Settings;
using Krewe.Api.TensorJson;

namespace Krewe.Api.TensorFlowServing;

/// <summary>
/// One input of several instances. The first instance determines the shape of all. Memory grows with the instances read.
/// </summary>
internal sealed class PredictColumn(TensorSpec spec, ApiLimits limits) : IDisposable
{
    private PooledBuffer data = PooledBuffer.Rent(0);
    private long[]? shape;
    private long rowCount;
    private int used;

    /// <summary>The input's name.</summary>
    public string Name => spec.Name;

    /// <summary>Instances read.</summary>
    public int Rows { get; private set; }

    /// <summary>Reads the value of the next instance.</summary>
    public void Add(ref JsonCursor cursor)
    {
        var start = Measure(ref cursor, out var length);
        if ((Rows + 1L) * Math.Max(1, rowCount) > limits.MaxElements)
        {
            throw cursor.Wrong($"input '{Name}' has more than {limits.MaxElements} elements, the most that is accepted");
        }

        cursor.Position = start;
        var subject = new TensorSubject(Name, spec.Type, shape);
        TensorDataReader.RefuseWithoutJsonForm(subject);
        if (rowCount > (length + 1L) / 2)
        {
            throw cursor.Wrong(
                $"input '{Name}': instances[{Rows}] has fewer values than the first instance's shape {TensorShape.Format(shape)}");
        }

        if (spec.Type == TensorType.Bytes)
        {
            Ensure(BytesSink.BoundOf(length, rowCount));
            var sink = new BytesSink(data.Span[used..], acceptsBase64: true);
            NestedData.Read(ref cursor, subject, rowCount, ref sink);
            used += sink.Written;
        }
        else
        {
            var size = (int)rowCount * spec.Type.ElementSize();
            Ensure(size);
            TensorDataReader.ReadInto(ref cursor, subject, rowCount, data.Span.Slice(used, size));
            used += size;
        }

        Rows++;
    }

    /// <summary>The instances as one tensor, which takes ownership of the memory.</summary>
    public Tensor ToTensor()
    {
        ImmutableArray<long> whole = [Rows, .. shape ?? []];
        return Tensor.CreateTrusted(Name, spec.Type, whole, Rows * rowCount, data.Memory[..used], data);
    }

    /// <inheritdoc/>
    public void Dispose() => data.Dispose();

    /// <summary>Skips the value; the first instance determines the shape.</summary>
    private int Measure(ref JsonCursor cursor, out int length)
    {
        cursor.Peek();
        var start = cursor.Position;
        if (shape is null)
        {
            Span<long> dimensions = stackalloc long[limits.MaxRank - 1];
            var rank = PredictInputs.Probe(ref cursor, dimensions, 0);
            shape = dimensions[..rank].ToArray();
            rowCount = PredictInputs.CountWithin(limits, spec, shape, cursor);
        }
        else
        {
            cursor.Skip();
        }

        length = cursor.Position - start;
        return start;
    }

    private void Ensure(long more)
    {
        var needed = used + more;
        if (needed <= data.Memory.Length)
        {
            return;
        }

        if (needed > Array.MaxLength)
        {
            throw KreweException.PayloadTooLarge($"input '{Name}' needs more than {Array.MaxLength} bytes");
        }

        var grown = PooledBuffer.Rent((int)Math.Min(Math.Max(needed, data.Memory.Length * 2L), Array.MaxLength));
        data.Span[..used].CopyTo(grown.Span);
        data.Dispose();
        data = grown;
    }
}
