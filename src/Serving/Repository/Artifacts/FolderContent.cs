namespace Krewe.Serving;

/// <summary>What lies in a version's folder, as far as can be told without opening files.</summary>
/// <param name="Bytes">The sum of all files.</param>
/// <param name="LastWrite">When the last of them was written.</param>
/// <param name="Digest">A digest of names, lengths and times.</param>
/// <param name="HasModelFile">Whether the ONNX file is among them.</param>
/// <param name="HasRecord">Whether the record of a publish is among them.</param>
internal readonly record struct FolderContent(long Bytes, DateTimeOffset LastWrite, UInt128 Digest, bool HasModelFile, bool HasRecord)
{
    public ArtifactStamp ToStamp(string settings) => new(Bytes, LastWrite, Digest, settings);
}
