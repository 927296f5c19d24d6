using System.Globalization;
using System.Text;

namespace Krewe.Benchmarks.Comparison;

/// <summary>Groups of horizontal bars as SVG, each with its value; readable on light and dark pages.</summary>
internal static class BarChart
{
    private const int Width = 760, Left = 230, BarHeight = 16, GroupGap = 14, Top = 56, RightText = 90;
    private static readonly string[] Colours = ["#2b6cb0", "#2f855a", "#b7791f", "#c05621", "#718096"];

    public static string Draw(string title, string unit, IReadOnlyList<(string Name, IReadOnlyList<(string Program, double Value)> Bars)> groups)
    {
        var programs = groups.SelectMany(static group => group.Bars.Select(static bar => bar.Program)).Distinct().ToList();
        var height = Top + groups.Sum(static group => (group.Bars.Count * BarHeight) + GroupGap) + 10;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"10\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{Escape(title)}, {Escape(unit)}</text>\n");
        foreach (var (index, program) in programs.Index())
        {
            var x = 10 + (index * 150);
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"30\" width=\"12\" height=\"12\" fill=\"{Colours[index]}\"/><text x=\"{x + 17}\" y=\"40\">{Escape(program)}</text>\n");
        }

        var y = Top;
        foreach (var (name, bars) in groups)
        {
            // Models differ a hundredfold: bars compare within their group.
            var most = bars.Max(static bar => bar.Value);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y + (bars.Count * BarHeight / 2) + 4}\" text-anchor=\"end\">{Escape(name)}</text>\n");
            foreach (var (program, value) in bars)
            {
                var width = most > 0 ? value / most * (Width - Left - RightText) : 0;
                svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left}\" y=\"{y}\" width=\"{width:F1}\" height=\"{BarHeight - 2}\" fill=\"{Colours[programs.IndexOf(program)]}\"/>");
                svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + width + 5:F1}\" y=\"{y + 12}\">{value:N0}</text>\n");
                y += BarHeight;
            }

            y += GroupGap;
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
