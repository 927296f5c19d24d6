namespace Krewe.Serving.Publishing.Files;

/// <summary>What came of a rename.</summary>
internal enum RenameResult
{
    /// <summary>It is where it should be.</summary>
    Done,

    /// <summary>Something else is in that place.</summary>
    Occupied,

    /// <summary>The folder that it should go into is not there, or it is gone itself.</summary>
    NoParent,
}
