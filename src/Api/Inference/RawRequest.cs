using System.Buffers.Binary;
using System.Collections.Immutable;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Bodies;
using Krewe.Api.Settings;

namespace Krewe.Api.Inference;

/// <summary>
/// A request of the binary extension without JSON: the body is the data of the model's only input, for a batch of 1. A free first
/// dimension is 1; one more free dimension follows from the length. The body of a BYTES input is its only element.
/// </summary>
internal static class RawRequest
{
    /// <summary>Creates the call. On success it owns the body.</summary>
    public static InferCall Read(ModelReference model, ModelMetadata metadata, RequestBody body, ApiLimits limits, string? routeKey)
    {
        if (metadata.Inputs is not [var spec])
        {
            throw KreweException.InvalidInput(
                $"a raw request ({InferenceHeader.Name}: 0) needs a model with one input, '{model.Name}' has {metadata.Inputs.Length}");
        }

        var (input, isShared) = spec.Type == TensorType.Bytes
            ? (MakeBytes(spec, body.Memory.Span), false)
            : MakeFixed(spec, body.Memory, limits);
        if (!isShared)
        {
            body.Dispose();
        }

        var request = new InferenceRequest
        {
            Model = model, Inputs = [input], Timeout = limits.Timeout(null), RouteKey = routeKey, Owner = isShared ? body : null,
        };
        return new InferCall(request, OutputFormat.AllBinary);
    }

    private static (Tensor Input, bool IsShared) MakeFixed(TensorSpec spec, ReadOnlyMemory<byte> data, ApiLimits limits)
    {
        var shape = ShapeOf(spec, data.Length / spec.Type.ElementSize());
        if (data.Length / spec.Type.ElementSize() > limits.MaxElements)
        {
            throw KreweException.InvalidInput(
                $"input '{spec.Name}' has more than {limits.MaxElements} elements, the most that is accepted");
        }

        var part = new BinaryPart(data);
        return (part.Take(spec.Name, spec.Type, shape, data.Length), part.IsShared);
    }

    private static Tensor MakeBytes(TensorSpec spec, ReadOnlySpan<byte> element)
    {
        var shape = ShapeOf(spec, 1);
        var data = PooledBuffer.Rent(BytesElements.PrefixSize + element.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(data.Span, (uint)element.Length);
        element.CopyTo(data.Span[BytesElements.PrefixSize..]);
        try
        {
            return Tensor.Create(spec.Name, TensorType.Bytes, shape, data.Memory, data);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private static ImmutableArray<long> ShapeOf(TensorSpec spec, long elementCount)
    {
        var shape = spec.Shape.ToArray();
        if (shape is [< 0, ..])
        {
            shape[0] = 1;
        }

        var free = Array.FindIndex(shape, d => d < 0);
        if (spec.AnyRank || free != Array.FindLastIndex(shape, d => d < 0))
        {
            throw KreweException.InvalidInput(
                $"a raw request cannot give a shape to input '{spec}': expected at most one free dimension beside the batch");
        }

        if (free >= 0)
        {
            shape[free] = 1;
            TensorShape.TryCountElements(shape, out var others);
            shape[free] = others == 0 ? 0 : elementCount / others;
        }

        return [.. shape];
    }
}
