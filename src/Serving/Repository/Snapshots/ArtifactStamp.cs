using System.Globalization;

namespace Krewe.Serving.Repository.Snapshots;

/// <summary>
/// Identifies the state of a version without opening its files: equal stamps mean equal names, lengths and write times of all files in the
/// version's folder, and equivalent settings.
/// </summary>
/// <param name="FileBytes">The total size of the files.</param>
/// <param name="LastWrite">The latest write time.</param>
/// <param name="Files">A digest of names, lengths and times.</param>
/// <param name="Settings">The settings that affect a session, in canonical text.</param>
internal sealed record ArtifactStamp(long FileBytes, DateTimeOffset LastWrite, UInt128 Files, string Settings)
{
    /// <summary>The identity of the files by name, size and time.</summary>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"{FileBytes}-{Files:x32}");
}

/// <summary>The content of a version's folder, as known without opening files.</summary>
/// <param name="Bytes">The total size of the files.</param>
/// <param name="LastWrite">The latest write time.</param>
/// <param name="Digest">A digest of names, lengths and times.</param>
/// <param name="HasModelFile">Whether it contains the ONNX file.</param>
/// <param name="HasRecord">Whether it contains a publish record.</param>
/// <param name="OtherModelFiles">The number of top-level ONNX files, if none has the expected name.</param>
internal readonly record struct FolderContent(
    long Bytes, DateTimeOffset LastWrite, UInt128 Digest, bool HasModelFile, bool HasRecord, int OtherModelFiles)
{
    public ArtifactStamp ToStamp(string settings) => new(Bytes, LastWrite, Digest, settings);
}
