using System.Text;
using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Publishing.Files;

/// <summary>Validates the name of an archive entry as a path below the version's folder.</summary>
internal static class EntryName
{
    /// <summary>The maximum depth of a path.</summary>
    public const int MaxDepth = 8;

    private const int MaxPartBytes = 255;
    private const int MaxNameBytes = 1024;

    /// <summary>
    /// The segments of the path, none for the folder itself; throws <see cref="ArchiveException"/> if it leads outside or is ambiguous.
    /// </summary>
    public static string[] Split(string name)
    {
        if (name.Length == 0 || name.Any(char.IsControl) || name.Contains('\\', StringComparison.Ordinal) || !IsUnicode(name))
        {
            throw Refuse(name, "expected a name without control characters and backslashes");
        }

        if (name[0] == '/' || (name.Length > 1 && name[1] == ':'))
        {
            throw Refuse(name, "expected a path that begins at the version's folder");
        }

        string[] parts = [.. name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".")];
        if (parts.Contains(".."))
        {
            throw Refuse(name, "expected a path without '..'");
        }

        if (parts.Length > MaxDepth || parts.Any(part => Encoding.UTF8.GetByteCount(part) > MaxPartBytes)
            || Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
        {
            throw Refuse(name, $"expected at most {MaxDepth} parts of {MaxPartBytes} bytes");
        }

        return parts;
    }

    private static bool IsUnicode(string name) => !name.Contains('\uFFFD', StringComparison.Ordinal);

    private static ArchiveException Refuse(string name, string expected) => new($"it has an entry '{ErrorText.Quote(name)}': {expected}");
}
