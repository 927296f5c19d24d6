namespace Krewe.Benchmarks.Reporting;

/// <summary>Rows of text under a heading, the first column to the left, the others to the right.</summary>
internal sealed class Table(params string[] heading)
{
    private readonly List<string[]> rows = [heading];

    public void Add(params string[] cells) => rows.Add(cells);

    public IEnumerable<string> Lines()
    {
        var widths = heading.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => string.Join("  ", row.Select((cell, column) =>
            column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))));
    }
}
