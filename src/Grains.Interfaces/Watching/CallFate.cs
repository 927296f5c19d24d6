namespace Krewe.Grains.Interfaces;

/// <summary>What became of a call, as its replica says.</summary>
internal enum CallFate
{
    /// <summary>It is under way there.</summary>
    Running,

    /// <summary>The replica answers and does not know it: it, or its answer, is lost.</summary>
    Unknown,

    /// <summary>Nothing comes from the replica.</summary>
    NoAnswer,

    /// <summary>The question was not answered, and other calls were meanwhile.</summary>
    Overtaken,
}
