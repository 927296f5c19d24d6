using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>A reading of one version for the metrics.</summary>
internal sealed record VersionReading(ModelStatistics Statistics, int QueueLength, long Rejections)
{
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; } =
        [new("model", Statistics.Model.Name.Value), new("version", Statistics.Model.Version.ToString())];
}
