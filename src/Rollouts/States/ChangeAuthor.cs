namespace Krewe.Rollouts.States;

/// <summary>Actor, reason and time of a change.</summary>
/// <param name="Actor">A person or system as named by the caller; <see cref="Krewe"/> for automatic changes.</param>
/// <param name="Why">The reason; may be empty.</param>
/// <param name="At">The time.</param>
public sealed record ChangeAuthor(string Actor, string Why, DateTimeOffset At)
{
    /// <summary>The actor of automatic changes.</summary>
    public const string Krewe = "krewe";

    /// <summary>The maximum length of actor and reason, in characters.</summary>
    public const int MaxLength = 500;

    /// <summary>The author of an automatic change.</summary>
    public static ChangeAuthor Itself(string why, DateTimeOffset at) => new(Krewe, why, at);
}
