using System.Globalization;
using System.Text.RegularExpressions;

namespace Krewe.Conformance.Tests.Readme;

/// <summary>What a command printed, held against what a page says of it.</summary>
internal static partial class ConsoleOutput
{
    private const string Anything = "…";

    /// <summary>
    /// The same text, but for the last digits of fractions, which another processor may compute otherwise. Where the page has <c>…</c>,
    /// anything may be, and all else is the same to the letter.
    /// </summary>
    public static void AssertSame(string expected, string actual)
    {
        if (expected.Contains(Anything, StringComparison.Ordinal))
        {
            var pattern = string.Join(".*", expected.Split(Anything).Select(Regex.Escape));
            Assert.True(Regex.IsMatch(actual, $"^{pattern}$", RegexOptions.Singleline), $"the page says:\n{expected}\nit is:\n{actual}");
            return;
        }

        Assert.Equal(Fraction().Replace(expected, "#"), Fraction().Replace(actual, "#"));
        foreach (var (one, other) in Fraction().Matches(expected).Zip(Fraction().Matches(actual)))
        {
            var value = double.Parse(one.Value, CultureInfo.InvariantCulture);
            Assert.Equal(value, double.Parse(other.Value, CultureInfo.InvariantCulture), Math.Abs(value) * 1e-5);
        }
    }

    [GeneratedRegex(@"-?\d+\.\d+(E[+-]?\d+)?")]
    private static partial Regex Fraction();
}
