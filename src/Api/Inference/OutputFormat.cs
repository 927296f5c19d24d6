namespace Krewe.Api.Inference;

/// <summary>Which outputs are returned in binary, and how JSON outputs write NaN and infinity.</summary>
internal sealed class OutputFormat(bool byDefault, IReadOnlyList<string> names, IReadOnlyList<bool?> inBinary, bool bareWords)
{
    /// <summary>True to write NaN and infinity without quotes in JSON.</summary>
    public bool BareWords => bareWords;

    /// <summary>All outputs in binary.</summary>
    public static OutputFormat AllBinary { get; } = new(true, [], [], bareWords: false);

    /// <summary>True if the output at an index of the response is returned in binary.</summary>
    public bool IsBinary(int index, string name)
    {
        // Responses are usually in the requested order; the search covers other hosts.
        if (index < names.Count && names[index] == name)
        {
            return inBinary[index] ?? byDefault;
        }

        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return inBinary[i] ?? byDefault;
            }
        }

        return byDefault;
    }
}
