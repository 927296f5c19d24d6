namespace Krewe.Abstractions.Buffers;

/// <summary>
/// Overwrites memory before it is freed or goes back to a pool, where the environment variable KREWE_POISON_FREED_MEMORY is 1: a read after
/// that shows as a wrong answer. The tests turn it on.
/// </summary>
public static class FreedMemory
{
    // As a number of any type it is huge or not a number, so that no tolerance hides it.
    private const byte Pattern = 0x7F;
    private static readonly bool IsPoisoned = Environment.GetEnvironmentVariable("KREWE_POISON_FREED_MEMORY") == "1";

    /// <summary>Overwrites the bytes where that is turned on.</summary>
    public static void Poison(Span<byte> memory)
    {
        if (IsPoisoned)
        {
            memory.Fill(Pattern);
        }
    }
}
