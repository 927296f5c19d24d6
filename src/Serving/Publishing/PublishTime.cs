namespace Krewe.Serving;

/// <summary>The time of a publish, in whole seconds: every file system can keep that with a file.</summary>
internal static class PublishTime
{
    public static DateTimeOffset Of(TimeProvider time) => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
}
