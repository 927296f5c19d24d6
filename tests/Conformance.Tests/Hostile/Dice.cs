using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Hostile;

/// <summary>Choices that are the same each time for a seed.</summary>
internal sealed class Dice(ulong seed)
{
    private readonly SeededRandom random = new(seed);

    /// <summary>A number from 0, under the limit.</summary>
    public int Below(int limit) => random.NextInt32(limit);

    public bool OneIn(int count) => Below(count) == 0;

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>A length that is usually small and sometimes large.</summary>
    public int Length(int most) => Below(1 + Below(Pick(4, 32, most)));

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        foreach (ref var value in bytes.AsSpan())
        {
            value = (byte)random.NextUInt64();
        }

        return bytes;
    }
}
