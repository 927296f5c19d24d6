namespace Krewe.Training.Digits;

/// <summary>A point, x to the right, y down; 0 to 1 in a glyph, pixels in an image.</summary>
internal readonly record struct Point(double X, double Y);
