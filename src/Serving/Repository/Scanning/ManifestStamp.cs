namespace Krewe.Serving.Repository.Scanning;

/// <summary>Length and time of last writing of the files with a model's settings; -1 for a file that is not there.</summary>
internal readonly record struct ManifestStamp(long JsonBytes, DateTimeOffset JsonWrite, long PbtxtBytes, DateTimeOffset PbtxtWrite)
{
    public static ManifestStamp None { get; } = new(-1, default, -1, default);

    public DateTimeOffset LastWrite => JsonWrite > PbtxtWrite ? JsonWrite : PbtxtWrite;
}
