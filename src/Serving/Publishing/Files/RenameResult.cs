namespace Krewe.Serving.Publishing.Files;

/// <summary>The result of a rename.</summary>
internal enum RenameResult
{
    /// <summary>The folder was renamed.</summary>
    Done,

    /// <summary>The target exists.</summary>
    Occupied,

    /// <summary>The source or the target's parent does not exist.</summary>
    NoParent,
}
