using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Settings;

/// <summary>The notations of settings.</summary>
public static class Notations
{
    public static readonly Notation<string> Path = new("a path", static (string text, out string value) =>
    {
        value = text;
        return !string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal);
    });

    public static readonly Notation<int> Port = Integer(0, IPEndPoint.MaxPort);

    public static readonly Notation<IPAddress> Address =
        new("an IP address such as 127.0.0.1, 0.0.0.0 or ::, or 'localhost'", TryReadAddress);

    public static readonly Notation<bool> LogFormat = new("'text' or 'json'", static (string text, out bool json) =>
    {
        json = text.Equals("json", StringComparison.OrdinalIgnoreCase);
        return json || text.Equals("text", StringComparison.OrdinalIgnoreCase);
    });

    public static readonly Notation<bool> YesOrNo = new("'true' or 'false'", bool.TryParse);

    public static readonly Notation<bool> OnOrOff = new("'on' or 'off'", static (string text, out bool isOn) =>
    {
        isOn = text.Equals("on", StringComparison.OrdinalIgnoreCase);
        return isOn || text.Equals("off", StringComparison.OrdinalIgnoreCase);
    });

    /// <summary>The first line of a readable file.</summary>
    public static readonly Notation<string> PasswordFile = new(
        "a file that can be read, with a password in its first line", TryReadPasswordFile);

    public static readonly Notation<string> Password = new("a password", static (string text, out string value) =>
    {
        value = text;
        return text.Length > 0;
    });

    public static readonly Notation<LogLevel> Level = new("trace, debug, info, warning, error or none", TryReadLevel);

    public static Notation<int> Integer(int least, int most) =>
        new($"a whole number from {least} to {most}", (string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most);

    private static bool TryReadAddress(string text, out IPAddress address)
    {
        address = IPAddress.Loopback;
        if (text.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        // The framework also parses a bare number as an address, which is never intended.
        var isAddress = text.AsSpan().ContainsAny('.', ':') && IPAddress.TryParse(text, out address!);
        return isAddress;
    }

    private static bool TryReadPasswordFile(string text, out string value)
    {
        value = "";
        try
        {
            value = File.ReadLines(text).FirstOrDefault() ?? "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The value stays empty, which is not a valid password.
        }

        return value.Length > 0;
    }

    private static bool TryReadLevel(string text, out LogLevel level)
    {
        level = text.ToUpperInvariant() switch
        {
            "TRACE" => LogLevel.Trace,
            "DEBUG" => LogLevel.Debug,
            "INFO" or "INFORMATION" => LogLevel.Information,
            "WARN" or "WARNING" => LogLevel.Warning,
            "ERROR" => LogLevel.Error,
            "NONE" or "OFF" => LogLevel.None,
            _ => (LogLevel)(-1),
        };
        return level >= 0;
    }
}

/// <summary>Parses values of one type, and describes the notation.</summary>
public sealed class Notation<T>(string expected, Notation<T>.Reader read)
{
    public delegate bool Reader(string text, out T value);

    /// <summary>The expected notation, for messages.</summary>
    public string Expected => expected;

    public bool TryRead(string text, out T value) => read(text, out value);
}

/// <summary>Removes passwords from messages and logs.</summary>
internal static partial class Passwords
{
    /// <summary>The text without passwords of connection strings.</summary>
    public static string Hide(string text) => InConnectionString.Replace(text, "$1=***");

    /// <summary>True if a connection string has a password, of the role or of a key.</summary>
    public static bool AreIn(string text) => InConnectionString.IsMatch(text);

    [GeneratedRegex(@"\b(password|pwd|psw|sslpassword|passphrase)\s*=\s*(?!…)(""[^""]*""|'[^']*'|[^;'""]*)", RegexOptions.IgnoreCase)]
    private static partial Regex InConnectionString { get; }
}
