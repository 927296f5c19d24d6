namespace Krewe.Serving.Repository.Scanning;

/// <summary>Length and write time of a model's settings files; -1 for a missing file.</summary>
internal readonly record struct ManifestStamp(long JsonBytes, DateTimeOffset JsonWrite, long PbtxtBytes, DateTimeOffset PbtxtWrite)
{
    public static ManifestStamp None { get; } = new(-1, default, -1, default);

    public DateTimeOffset LastWrite => JsonWrite > PbtxtWrite ? JsonWrite : PbtxtWrite;
}
