namespace Krewe.Benchmarks.Reporting;

internal sealed record Verdict(string What, string Seen, string Target, bool Met)
{
    public override string ToString() => $"{(Met ? "PASS" : "FAIL")}  {What}: {Seen} (target {Target})";
}
