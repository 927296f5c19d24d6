namespace Krewe.Abstractions.Buffers;

/// <summary>
/// If the environment variable KREWE_POISON_FREED_MEMORY is 1, overwrites memory before it is freed or returned to a pool, so that a use
/// after free shows as a wrong result. The tests set it.
/// </summary>
public static class FreedMemory
{
    // As a float of any width, this pattern is NaN or huge, so no tolerance hides it.
    private const byte Pattern = 0x7F;
    private static readonly bool IsPoisoned = Environment.GetEnvironmentVariable("KREWE_POISON_FREED_MEMORY") == "1";

    /// <summary>Overwrites the bytes if poisoning is on.</summary>
    public static void Poison(Span<byte> memory)
    {
        if (IsPoisoned)
        {
            memory.Fill(Pattern);
        }
    }
}
