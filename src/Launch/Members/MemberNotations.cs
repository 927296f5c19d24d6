using System.Data.Common;
using Krewe.Launch.Settings;

namespace Krewe.Launch.Members;

/// <summary>The notations of cluster settings.</summary>
internal static class MemberNotations
{
    private const int MaxNameLength = 100;

    private static readonly string[][] Needed =
        [["Host", "Server"], ["Database", "DB"], ["Username", "User Name", "UserId", "User Id", "UID"]];

    /// <summary>A connection string with host, database and role. The driver validates the rest.</summary>
    public static readonly Notation<string> Database = new(
        "a connection string such as \"Host=db;Database=krewe;Username=krewe\"", static (string text, out string value) =>
        {
            value = text;
            return NamesWhatIsNeeded(text);
        });

    public static readonly Notation<string> Name = new(
        $"1 to {MaxNameLength} letters, digits, '-', '_', '.' or ':'", static (string text, out string value) =>
        {
            value = text;
            return text.Length is > 0 and <= MaxNameLength
                && text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or ':');
        });

    public static readonly Notation<string> Host = new(
        "the one IP address, or the host name, that others reach this machine at", static (string text, out string value) =>
        {
            value = text;
            return text is not ("0.0.0.0" or "::")
                && Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;
        });

    private static bool NamesWhatIsNeeded(string text)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = text };
            return Needed.All(names => names.Any(name => parts.TryGetValue(name, out var value) && value is string { Length: > 0 }));
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
