namespace Krewe.Serving;

/// <summary>
/// Tells one state of a version from another without opening its files: two stamps are equal where names, lengths and times of
/// last writing of all files in the version's folder are, and the model's settings mean the same.
/// </summary>
/// <param name="FileBytes">The sum of all files in the version's folder.</param>
/// <param name="LastWrite">When the last of them was written.</param>
/// <param name="Files">A digest of names, lengths and times.</param>
/// <param name="Settings">The settings that shape a session, in canonical text.</param>
internal sealed record ArtifactStamp(long FileBytes, DateTimeOffset LastWrite, UInt128 Files, string Settings);
