namespace Krewe.Serving;

/// <summary>A place in a text, both parts counted from 1.</summary>
internal readonly record struct TextFormatPlace(int Line, int Column)
{
    public override string ToString() => $"line {Line}, column {Column}";
}
