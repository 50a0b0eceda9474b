#include "homegen/things.h"

#include <string.h>

#define ROOM_NAME(name) #name,
const char *const ht_room_names[HT_ROOM_COUNT] = {HT_ROOM_LIST(ROOM_NAME)};
#undef ROOM_NAME

#define R(name) (1u << HT_ROOM_##name)
#define ALL ((1u << HT_ROOM_COUNT) - 1)
#define OUT (R(garden) | R(balcony))
#define IN (ALL & ~OUT)
#define STAY (R(living) | R(bedroom) | R(kids) | R(guest) | R(office) | R(dining) | R(kitchen) | R(other) | R(basement) | R(attic))
#define WET (R(kitchen) | R(bathroom) | R(toilet) | R(laundry) | R(basement))
#define SLEEP (R(bedroom) | R(kids) | R(guest))

enum { CLASSED = HT_THING_CLASSED, PROPER = HT_THING_PROPER, NOWHERE = HT_THING_NOWHERE, ONCE = HT_THING_ONCE, ASK = HT_THING_ASK, PET = HT_THING_PET };

static const ht_thing things[] = {
    {"light", "light", "", "light", 34, ALL, 0},
    {"switch", "switch", "", "switch", 6, ALL, 0},
    {"outlet", "switch", "outlet", "switch", 4, ALL, 0},
    {"fan", "fan", "", "fan", 6, IN, 0},
    {"purifier", "fan", "", "fan", 1.2f, STAY, ONCE},
    {"curtain", "cover", "curtain", "shading", 6, STAY, CLASSED},
    {"blind", "cover", "blind", "shading", 5, STAY | R(bathroom), CLASSED},
    {"shade", "cover", "shade", "shading", 3, STAY | OUT, CLASSED},
    {"shutter", "cover", "shutter", "shading", 3, STAY, CLASSED},
    {"awning", "cover", "awning", "shading", 1, OUT, CLASSED | ONCE},
    {"garage", "cover", "garage", "door", 3, R(garage), CLASSED | ASK},
    {"gate", "cover", "gate", "door", 1.5f, R(garden) | R(garage), CLASSED | ASK | ONCE},
    {"window", "cover", "window", "window", 2, IN, CLASSED},
    {"door", "cover", "door", "door", 1.2f, ALL, CLASSED | ASK},
    {"ac", "climate", "", "climate", 6, STAY, ONCE},
    {"thermostat", "climate", "", "climate", 5, STAY | R(hall) | R(bathroom), ONCE},
    {"heater", "climate", "", "climate", 2.5f, IN, ONCE},
    {"floor_heating", "climate", "", "climate", 1, IN, ONCE},
    {"tv", "media_player", "tv", "media", 5, STAY, CLASSED | ASK},
    {"speaker", "media_player", "speaker", "media", 5, ALL, CLASSED | ASK},
    {"receiver", "media_player", "receiver", "media", 0.6f, R(living) | R(office), CLASSED | ASK | ONCE},
    {"lock", "lock", "", "door", 4, R(hall) | R(garage) | R(garden) | R(kitchen) | R(office) | R(storage) | R(basement) | R(other), ASK},
    {"vacuum", "vacuum", "", "vacuum", 3, STAY | R(hall), PET | ONCE},
    {"lawn_mower", "lawn_mower", "", "vacuum", 1.5f, R(garden) | R(storage) | R(garage), PET | ONCE},
    {"water_valve", "valve", "water", "water", 1.6f, WET | R(garden), CLASSED | ASK},
    {"gas_valve", "valve", "gas", "gas", 0.8f, R(kitchen) | R(basement), CLASSED | ASK | ONCE},
    {"humidifier", "humidifier", "humidifier", "damp", 2, STAY, ONCE},
    {"dehumidifier", "humidifier", "dehumidifier", "damp", 1, STAY | WET, ONCE},
    {"scene", "scene", "", "scene", 4, ALL, PROPER | NOWHERE},
    {"script", "script", "", "script", 3, ALL, PROPER | NOWHERE},
    {"button", "button", "", "button", 2, ALL, 0},
    {"number", "number", "", "number", 1.5f, ALL, 0},
    {"select", "select", "", "select", 1.5f, ALL, 0},
    {"todo", "todo", "", "todo", 2.5f, ALL, PROPER | NOWHERE},
    {"weather", "weather", "", "weather", 1.5f, ALL, PROPER | NOWHERE},
    {"person", "person", "", "person", 4, ALL, PROPER | NOWHERE},
    {"phone", "device_tracker", "", "tracker", 1.5f, ALL, NOWHERE},
    {"car", "device_tracker", "", "tracker", 1, ALL, NOWHERE},
    {"alarm", "alarm_control_panel", "", "alarm", 1, R(hall), NOWHERE | ONCE},
    {"camera", "camera", "", "camera", 1.5f, ALL, 0},
    {"update", "update", "", "update", 0.8f, ALL, NOWHERE},
    {"job.coffee", "switch", "", "coffee", 1.5f, R(kitchen) | R(office), ONCE},
    {"job.kettle", "switch", "", "kettle", 1, R(kitchen), ONCE},
    {"job.washer", "switch", "", "washer", 1, R(laundry) | R(bathroom) | R(basement), ONCE},
    {"job.dryer", "switch", "", "dryer", 0.7f, R(laundry) | R(bathroom), ONCE},
    {"job.dishwasher", "switch", "", "dishwasher", 1, R(kitchen), ONCE},
    {"job.oven", "switch", "", "oven", 0.8f, R(kitchen), ONCE},
    {"job.rice_cooker", "switch", "", "rice", 0.8f, R(kitchen), ONCE},
    {"job.water_heater", "switch", "", "water_heater", 1.2f, R(bathroom) | R(kitchen) | R(basement), ONCE},
    {"job.pump", "switch", "", "water", 0.6f, R(basement) | R(garden) | R(bathroom), ONCE},
    {"job.sprinkler", "switch", "", "water", 1.2f, R(garden) | R(balcony), ONCE},
    {"job.christmas", "switch", "", "light", 0.7f, R(living) | R(garden) | R(balcony) | R(hall), ONCE},
    {"job.fishtank", "switch", "", "fishtank", 0.5f, R(living) | R(office), ONCE},
    {"job.charger", "switch", "", "charger", 0.8f, R(garage) | R(office) | R(bedroom), ONCE},
    {"job.bell", "switch", "", "bell", 0.5f, R(hall) | R(kids), ONCE},
    {"job.pet_feeder", "switch", "", "pet", 0.8f, R(kitchen) | R(living) | R(hall), ONCE},
    {"job.blanket", "switch", "", "blanket", 0.6f, SLEEP, ONCE},
    {"sensor.temperature", "sensor", "temperature", "climate", 5, ALL, CLASSED | ONCE},
    {"sensor.humidity", "sensor", "humidity", "damp", 4, ALL, CLASSED | ONCE},
    {"sensor.battery", "sensor", "battery", "battery", 2.5f, ALL, CLASSED},
    {"sensor.power", "sensor", "power", "power", 2, IN, CLASSED},
    {"sensor.energy", "sensor", "energy", "power", 1.5f, ALL, CLASSED | NOWHERE},
    {"sensor.illuminance", "sensor", "illuminance", "lux", 1.5f, ALL, CLASSED | ONCE},
    {"sensor.carbon_dioxide", "sensor", "carbon_dioxide", "air", 1.5f, STAY, CLASSED | ONCE},
    {"sensor.pm25", "sensor", "pm25", "air", 1.2f, STAY | OUT, CLASSED | ONCE},
    {"sensor.aqi", "sensor", "aqi", "air", 0.7f, STAY | OUT, CLASSED | ONCE},
    {"sensor.pressure", "sensor", "pressure", "pressure", 0.7f, ALL, CLASSED},
    {"sensor.voltage", "sensor", "voltage", "power", 0.7f, IN, CLASSED},
    {"sensor.water", "sensor", "water", "water", 0.7f, WET, CLASSED},
    {"sensor.gas", "sensor", "gas", "gas", 0.7f, R(kitchen) | R(basement), CLASSED},
    {"sensor.moisture", "sensor", "moisture", "soil", 1, OUT | R(living) | R(office), CLASSED},
    {"sensor.wind_speed", "sensor", "wind_speed", "weather", 0.6f, OUT, CLASSED | ONCE},
    {"sensor.precipitation", "sensor", "precipitation", "weather", 0.6f, OUT, CLASSED | ONCE},
    {"sensor.sound_pressure", "sensor", "sound_pressure", "noise", 0.5f, STAY, CLASSED | ONCE},
    {"sensor.weight", "sensor", "weight", "weight", 0.6f, SLEEP | R(bathroom), CLASSED},
    {"sensor.distance", "sensor", "distance", "distance", 0.6f, R(garage), CLASSED | NOWHERE},
    {"sensor.speed", "sensor", "speed", "speed", 0.4f, ALL, CLASSED | NOWHERE},
    {"sensor.heart_rate", "sensor", "", "band", 0.7f, ALL, NOWHERE},
    {"sensor.steps", "sensor", "", "band", 0.7f, ALL, NOWHERE},
    {"sensor.duration", "sensor", "duration", "duration", 0.5f, IN, CLASSED},
    {"sensor.monetary", "sensor", "monetary", "money", 0.4f, ALL, CLASSED | NOWHERE},
    {"binary.motion", "binary_sensor", "motion", "motion", 4, ALL, CLASSED},
    {"binary.occupancy", "binary_sensor", "occupancy", "motion", 2, IN, CLASSED | ONCE},
    {"binary.door", "binary_sensor", "door", "door", 3, ALL, CLASSED},
    {"binary.window", "binary_sensor", "window", "window", 3, IN, CLASSED},
    {"binary.garage_door", "binary_sensor", "garage_door", "door", 0.8f, R(garage), CLASSED | ONCE},
    {"binary.smoke", "binary_sensor", "smoke", "smoke", 1.5f, IN, CLASSED | ONCE},
    {"binary.gas", "binary_sensor", "gas", "gas", 0.8f, R(kitchen) | R(basement), CLASSED | ONCE},
    {"binary.carbon_monoxide", "binary_sensor", "carbon_monoxide", "smoke", 0.8f, R(kitchen) | R(garage) | R(basement), CLASSED | ONCE},
    {"binary.moisture", "binary_sensor", "moisture", "leak", 1.5f, WET, CLASSED},
    {"binary.battery", "binary_sensor", "battery", "battery", 0.8f, ALL, CLASSED},
    {"binary.connectivity", "binary_sensor", "connectivity", "net", 0.6f, IN, CLASSED | NOWHERE},
    {"binary.plug", "binary_sensor", "plug", "charger", 0.5f, R(garage), CLASSED},
    {"binary.power", "binary_sensor", "power", "power", 0.5f, IN, CLASSED},
    {"binary.problem", "binary_sensor", "problem", "problem", 0.6f, IN, CLASSED},
    {"binary.running", "binary_sensor", "running", "washer", 0.8f, R(laundry) | R(kitchen), CLASSED},
    {"binary.sound", "binary_sensor", "sound", "noise", 0.5f, STAY, CLASSED | ONCE},
    {"binary.tamper", "binary_sensor", "tamper", "tamper", 0.4f, R(hall) | R(storage), CLASSED},
    {"binary.vibration", "binary_sensor", "vibration", "vibration", 0.6f, IN, CLASSED},
    {"binary.light", "binary_sensor", "light", "lux", 0.4f, ALL, CLASSED},
    {"binary.cold", "binary_sensor", "cold", "cold", 0.4f, IN, CLASSED},
    {"binary.heat", "binary_sensor", "heat", "heat", 0.4f, IN, CLASSED},
};

size_t ht_thing_count(void) { return sizeof things / sizeof things[0]; }
const ht_thing *ht_thing_at(size_t i) { return &things[i]; }

int ht_thing_find(const char *key)
{
    for (size_t i = 0; i < ht_thing_count(); i++)
        if (strcmp(things[i].key, key) == 0)
            return (int)i;
    return -1;
}
