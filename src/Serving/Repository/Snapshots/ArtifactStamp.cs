using System.Globalization;

namespace Krewe.Serving.Repository.Snapshots;

/// <summary>
/// Tells one state of a version from another without opening its files: two stamps are equal where names, lengths and times of
/// last writing of all files in the version's folder are, and the model's settings mean the same.
/// </summary>
/// <param name="FileBytes">The sum of all files in the version's folder.</param>
/// <param name="LastWrite">When the last of them was written.</param>
/// <param name="Files">A digest of names, lengths and times.</param>
/// <param name="Settings">The settings that shape a session, in canonical text.</param>
internal sealed record ArtifactStamp(long FileBytes, DateTimeOffset LastWrite, UInt128 Files, string Settings)
{
    /// <summary>What the files are by name, size and time; another text, another artifact.</summary>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"{FileBytes}-{Files:x32}");
}

/// <summary>What lies in a version's folder, as far as can be told without opening files.</summary>
/// <param name="Bytes">The sum of all files.</param>
/// <param name="LastWrite">When the last of them was written.</param>
/// <param name="Digest">A digest of names, lengths and times.</param>
/// <param name="HasModelFile">Whether the ONNX file is among them.</param>
/// <param name="HasRecord">Whether the record of a publish is among them.</param>
/// <param name="OtherModelFiles">How many there are at the top that could be the ONNX file, where none has the name that it is to
/// have.</param>
internal readonly record struct FolderContent(
    long Bytes, DateTimeOffset LastWrite, UInt128 Digest, bool HasModelFile, bool HasRecord, int OtherModelFiles)
{
    public ArtifactStamp ToStamp(string settings) => new(Bytes, LastWrite, Digest, settings);
}
