namespace Krewe.MemberProcess;

/// <summary>The state of a note.</summary>
[GenerateSerializer, Alias("krewe.test.note-state")]
public sealed class NoteState
{
    /// <summary>The text.</summary>
    [Id(0)]
    public string Text { get; set; } = "";
}
