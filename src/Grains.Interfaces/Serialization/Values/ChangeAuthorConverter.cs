using Krewe.Rollouts;

namespace Krewe.Grains.Interfaces;

/// <summary>Who made a change travels by its parts.</summary>
[RegisterConverter]
internal sealed class ChangeAuthorConverter : IConverter<ChangeAuthor, ChangeAuthorConverter.Surrogate>
{
    public ChangeAuthor ConvertFromSurrogate(in Surrogate surrogate) => new(surrogate.Actor, surrogate.Why, surrogate.At);

    public Surrogate ConvertToSurrogate(in ChangeAuthor value) => new() { Actor = value.Actor, Why = value.Why, At = value.At };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public string Actor;

        [Id(1)]
        public string Why;

        [Id(2)]
        public DateTimeOffset At;
    }
}
