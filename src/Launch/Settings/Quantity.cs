using System.Buffers;
using System.Globalization;

namespace Krewe.Launch.Settings;

/// <summary>A number with a unit, such as <c>1.5GiB</c>.</summary>
internal readonly record struct Quantity(decimal Number, string Unit)
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Splits a text; the unit may be empty. False if it does not start with a number.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out Quantity quantity)
    {
        text = text.Trim();
        var unitAt = text.IndexOfAnyExcept(NumberCharacters);
        var digits = unitAt < 0 ? text : text[..unitAt];
        var valid = decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        quantity = new Quantity(number, text[digits.Length..].Trim().ToString());
        return valid;
    }
}
