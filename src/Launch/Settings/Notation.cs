namespace Krewe.Launch;

/// <summary>How people write a value of some type, and the words that say so.</summary>
internal sealed class Notation<T>(string expected, Notation<T>.Reader read)
{
    public delegate bool Reader(string text, out T value);

    /// <summary>What is expected, for messages.</summary>
    public string Expected => expected;

    public bool TryRead(string text, out T value) => read(text, out value);
}
