namespace Krewe.Api.Inference;

/// <summary>Which outputs a caller wants in binary, and how the others write NaN and infinity.</summary>
internal sealed class OutputFormat(bool byDefault, IReadOnlyList<string> names, IReadOnlyList<bool?> inBinary, bool bareWords)
{
    /// <summary>Whether NaN and infinity go without quotes in JSON.</summary>
    public bool BareWords => bareWords;

    /// <summary>All of them.</summary>
    public static OutputFormat AllBinary { get; } = new(true, [], [], bareWords: false);

    /// <summary>Whether the output at a place of the answer is wanted in binary.</summary>
    public bool IsBinary(int index, string name)
    {
        // Answers come in the order asked for; the search is for hosts that answer otherwise.
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
