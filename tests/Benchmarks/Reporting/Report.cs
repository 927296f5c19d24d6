using System.Diagnostics;

namespace Krewe.Benchmarks.Reporting;

/// <summary>Writes what is going on, the figures, and how they compare with the targets.</summary>
internal sealed class Report(TextWriter output)
{
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly List<Verdict> verdicts = [];

    public bool AllMet => verdicts.TrueForAll(static verdict => verdict.Met);

    public void Heading(string text)
    {
        output.WriteLine();
        output.WriteLine($"== {text}");
    }

    /// <summary>What happens now.</summary>
    public void Progress(string text) =>
        output.WriteLine($"   [{Stopwatch.GetElapsedTime(start).TotalSeconds,4:F0} s] {text}");

    /// <summary>A figure without a target.</summary>
    public void Note(string text) => output.WriteLine($"   {text}");

    public void Write(Table table)
    {
        output.WriteLine();
        foreach (var line in table.Lines())
        {
            output.WriteLine($"   {line}");
        }

        output.WriteLine();
    }

    public void Judge(string what, string seen, string target, bool met)
    {
        var verdict = new Verdict(what, seen, target, met);
        verdicts.Add(verdict);
        output.WriteLine($"   {verdict}");
    }

    public void Summarize()
    {
        Heading("targets");
        foreach (var verdict in verdicts)
        {
            output.WriteLine($"   {verdict}");
        }

        output.WriteLine();
        output.WriteLine($"{verdicts.Count(static verdict => verdict.Met)} of {verdicts.Count} targets met, "
            + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s");
    }
}
