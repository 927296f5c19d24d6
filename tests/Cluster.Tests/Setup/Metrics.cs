using System.Globalization;

namespace Krewe.Cluster.Tests.Setup;

/// <summary>Reads one metric of <c>/metrics</c>.</summary>
internal static class Metrics
{
    /// <summary>The samples of a name, with the text of their labels.</summary>
    public static async Task<List<(string Labels, double Value)>> ReadAsync(HttpClient client, string name)
    {
        var text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        return [.. text.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            .Select(line => (line[name.Length..line.LastIndexOf(' ')], double.Parse(line.AsSpan(line.LastIndexOf(' ')), CultureInfo.InvariantCulture)))];
    }
}
