using System.Text.RegularExpressions;
using Krewe.Abstractions.Hosting;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Control;

/// <summary>
/// Reads all silos' metrics and merges their texts. The text is what is sent because every version of Krewe writes it, and a message of
/// families, series and buckets would be a second exporter.
/// </summary>
internal sealed partial class SiloMetrics(IClusterSnapshotSource snapshots, NodeQueries nodes) : ISiloMetrics
{
    public async ValueTask<string> ReadAsync(CancellationToken cancellationToken) => Merge(
        (await nodes.AskAllAsync(snapshots.Current, node => node.GetMetricsAsync(), cancellationToken))
            .Select(static reading => (reading.Node.Report.Name, reading.Answer)));

    /// <summary>Each family once; its series get the label <c>silo</c>.</summary>
    public static string Merge(IEnumerable<(string Silo, string Text)> texts) => string.Concat(
        texts.SelectMany(static text => Family().Matches(text.Text).Select(family => (text.Silo, Groups: family.Groups)))
            .GroupBy(static family => family.Groups["name"].Value)
            .Select(static group => group.First().Groups["head"].Value
                + string.Concat(group.Select(static family => Mark(family.Groups["series"].Value, family.Silo)))));

    private static string Mark(string series, string silo)
    {
        var label = $"silo=\"{silo.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        return Series().Replace(series, line => line.Groups["labels"].Success
            ? $"{line.Groups["name"].Value}{{{line.Groups["labels"].Value},{label}}} "
            : $"{line.Groups["name"].Value}{{{label}}} ");
    }

    [GeneratedRegex(@"(?<head># HELP (?<name>\w+) .*\n# TYPE .*\n)(?<series>(?>(?:\w.*\n)*))")]
    private static partial Regex Family();

    [GeneratedRegex(@"^(?<name>\w+)(?:\{(?<labels>.*)\})? (?=\S+$)", RegexOptions.Multiline)]
    private static partial Regex Series();
}
