using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Krewe.Api.Tests.Metrics;

/// <summary>A strict reader of version 0.0.4 of the text format: what it does not expect it refuses.</summary>
internal static partial class PrometheusParser
{
    internal sealed record Family(string Help, string Type, List<Sample> Samples);

    internal sealed record Sample(string Name, Dictionary<string, string> Labels, double Value);

    public static Dictionary<string, Family> Parse(string text)
    {
        Assert.EndsWith("\n", text);
        var families = new Dictionary<string, Family>();
        string? name = null;
        var help = "";
        foreach (var line in text[..^1].Split('\n'))
        {
            if (HelpLine().Match(line) is { Success: true } helpLine)
            {
                name = helpLine.Groups[1].Value;
                help = helpLine.Groups[2].Value;
                Assert.False(families.ContainsKey(name), $"{name} is there twice");
            }
            else if (TypeLine().Match(line) is { Success: true } typeLine)
            {
                Assert.Equal(name, typeLine.Groups[1].Value);
                families.Add(name!, new Family(help, typeLine.Groups[2].Value, []));
            }
            else
            {
                var sample = ParseSample(line);
                var family = families[name!];
                Assert.Contains(sample.Name[name!.Length..], family.Type == "histogram" ? ["_bucket", "_sum", "_count"] : new[] { "" });
                family.Samples.Add(sample);
            }
        }

        return families;
    }

    private static Sample ParseSample(string line)
    {
        var match = SampleLine().Match(line);
        Assert.True(match.Success, $"no sample: {line}");
        var labels = new Dictionary<string, string>();
        foreach (Match label in Label().Matches(match.Groups[2].Value))
        {
            Assert.True(labels.TryAdd(label.Groups[1].Value, Unescape(label.Groups[2].Value)), line);
        }

        return new Sample(match.Groups[1].Value, labels, match.Groups[3].Value switch
        {
            "NaN" => double.NaN,
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            var number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        });
    }

    private static string Unescape(string value)
    {
        var text = new StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            text.Append(value[i] != '\\' ? value[i] : value[++i] == 'n' ? '\n' : value[i]);
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\\r]|\\\\|\\n)*)$")]
    private static partial Regex HelpLine();

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex(
        """^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\"|\\n)*",?)*\})? (NaN|[+-]Inf|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"[,}]""")]
    private static partial Regex Label();
}
