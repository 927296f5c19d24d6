namespace Krewe.Serving;

/// <summary>A file with weights beside the model.</summary>
/// <param name="Location">Its path as the model says it, unchecked.</param>
/// <param name="MinLength">The bytes it must have to hold all that the model looks for in it.</param>
internal readonly record struct OnnxExternalFile(string Location, long MinLength);
