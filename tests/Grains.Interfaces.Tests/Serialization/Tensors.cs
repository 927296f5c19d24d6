using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

/// <summary>Tensors and messages made up for tests.</summary>
internal static class Tensors
{
    public static Tensor Floats(string name, params float[] values) =>
        Tensor.Create(name, TensorType.Float32, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public static Tensor Strings(string name, params string[] values) =>
        Tensor.Create(name, TensorType.Bytes, [values.Length], values.SelectMany(Element).ToArray());

    /// <summary>A tensor in rented memory, which <paramref name="released"/> sees given back.</summary>
    public static Tensor Owned(string name, int length, Action? released = null)
    {
        var buffer = PooledBuffer.Rent(length);
        buffer.Span.Fill(7);
        return Tensor.Create(name, TensorType.UInt8, [length], buffer.Memory, new Release(buffer, released));
    }

    /// <summary>A tensor of this type with random dimensions from 0 to 4 and random bits.</summary>
    public static Tensor Random(Random random, string name, TensorType type)
    {
        ImmutableArray<long> shape = [.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(5))];
        TensorShape.TryCountElements(shape.AsSpan(), out var count);
        var data = type == TensorType.Bytes
            ? [.. Enumerable.Range(0, (int)count).SelectMany(_ => Element(new string('é', random.Next(9))))]
            : new byte[count * type.ElementSize()];
        if (type != TensorType.Bytes)
        {
            random.NextBytes(data);
        }

        return Tensor.Create(name, type, shape, data);
    }

    public static InferenceRequest Request(params Tensor[] inputs) => new() { Model = ModelReference.Parse("digits", "3"), Inputs = inputs };

    public static ReplicaReply Reply(params Tensor[] outputs) => new()
    {
        Silo = "S127.0.0.1:11111:5",
        Replicas = 2,
        Response = new InferenceResponse { Model = new ModelId(ModelName.Parse("digits"), new ModelVersion(3)), Outputs = outputs },
    };

    public static void AssertEqual(IReadOnlyList<Tensor> expected, IReadOnlyList<Tensor> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (wanted, found) in expected.Zip(actual))
        {
            Assert.Equal(wanted.ToString(), found.ToString());
            Assert.Equal(wanted.ElementCount, found.ElementCount);
            Assert.True(wanted.Data.Span.SequenceEqual(found.Data.Span), $"{wanted} has other data");
        }
    }

    private static IEnumerable<byte> Element(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. BitConverter.GetBytes(bytes.Length), .. bytes];
    }

    private sealed class Release(PooledBuffer buffer, Action? released) : IDisposable
    {
        public void Dispose()
        {
            buffer.Dispose();
            released?.Invoke();
        }
    }
}
