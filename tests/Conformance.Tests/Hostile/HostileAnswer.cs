namespace Krewe.Conformance.Tests.Hostile;

/// <summary>
/// What a server said to a hostile request: the status (0 where the connection ended without a word), the body, and whether it hangs
/// up.
/// </summary>
internal readonly record struct HostileAnswer(int Status, byte[] Body, bool IsLast)
{
    public static HostileAnswer None { get; } = new(0, [], true);
}
