using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Bodies;

namespace Krewe.Api.BinaryTensors;

/// <summary>
/// Slices the binary part of a body into its inputs, in order and without copying. Only the first input is aligned (see
/// <see cref="BodyReader"/>); consumers that need alignment copy the others.
/// </summary>
internal sealed class BinaryPart(ReadOnlyMemory<byte> data)
{
    private int taken;

    /// <summary>True once a tensor references the body.</summary>
    public bool IsShared { get; private set; }

    /// <summary>Creates a tensor from the next <paramref name="size"/> bytes.</summary>
    public Tensor Take(string name, TensorType type, ImmutableArray<long> shape, long size)
    {
        if (size > Left)
        {
            throw KreweException.InvalidInput(
                $"input '{ErrorText.Quote(name)}': binary_data_size is {size}, but only {Left} of the {data.Length} bytes of binary data "
                    + "are left");
        }

        var own = data.Slice(taken, (int)size);
        taken += (int)size;
        return Make(name, type, shape, own);
    }

    /// <summary>Throws if bytes are left that no input claims.</summary>
    public void ExpectEnd()
    {
        if (Left > 0)
        {
            throw KreweException.InvalidInput(
                $"the body has {data.Length} bytes of binary data, the inputs' binary_data_size add up to {taken}");
        }
    }

    /// <summary>Throws if BOOL data has other bytes than 0 and 1.</summary>
    public static void CheckBool(string name, TensorType type, ReadOnlySpan<byte> data)
    {
        if (type == TensorType.Bool && data.IndexOfAnyExcept((byte)0, (byte)1) is >= 0 and var at)
        {
            throw KreweException.InvalidInput(
                $"input '{ErrorText.Quote(name)}': byte {at} of its binary data is {data[at]}, expected 0 or 1 for BOOL");
        }
    }

    private int Left => data.Length - taken;

    private Tensor Make(string name, TensorType type, ImmutableArray<long> shape, ReadOnlyMemory<byte> bytes)
    {
        CheckBool(name, type, bytes.Span);
        var tensor = Tensor.Create(name, type, shape, bytes);
        IsShared = true;
        return tensor;
    }
}
