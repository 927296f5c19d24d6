namespace Krewe.Conformance.Tests.Hostile;

/// <summary>What a hostile caller does when it has sent its bytes.</summary>
internal enum HostileEnd
{
    /// <summary>Waits for the answer to a whole request; the connection can be used again.</summary>
    Answer,

    /// <summary>Closes its sending half and reads what there is.</summary>
    HalfClose,

    /// <summary>Goes away at once.</summary>
    Cut,
}
