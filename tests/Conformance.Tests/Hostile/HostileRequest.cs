namespace Krewe.Conformance.Tests.Hostile;

/// <summary>Bytes for a server that it should rather not like.</summary>
/// <param name="Kind">What is hostile about it.</param>
/// <param name="Bytes">Everything that is sent.</param>
/// <param name="End">What the caller does then.</param>
/// <param name="Model">The model it is about; null for none.</param>
internal sealed record HostileRequest(string Kind, byte[] Bytes, HostileEnd End, string? Model = null)
{
    /// <summary>The start of it, to look at.</summary>
    public override string ToString() => $"{Kind}: " + string.Concat(
        Bytes.Take(1500).Select(static b => b is >= (byte)' ' and <= (byte)'~' or (byte)'\n' ? $"{(char)b}" : b == '\r' ? "" : $"\\x{b:x2}"));
}
