namespace Krewe.Rollouts.States;

/// <summary>Who changes something, why, and when.</summary>
/// <param name="Actor">A person or system as the caller names it; <see cref="Krewe"/> where the house itself decided.</param>
/// <param name="Why">The caller's reason; may be empty.</param>
/// <param name="At">When.</param>
public sealed record ChangeAuthor(string Actor, string Why, DateTimeOffset At)
{
    /// <summary>The name under which the house decides.</summary>
    public const string Krewe = "krewe";

    /// <summary>The longest actor and reason, in characters.</summary>
    public const int MaxLength = 500;

    /// <summary>The house itself.</summary>
    public static ChangeAuthor Itself(string why, DateTimeOffset at) => new(Krewe, why, at);
}
